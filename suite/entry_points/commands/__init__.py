"""The console command face-quant-gate, a module a verb."""
