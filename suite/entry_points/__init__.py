"""How the suite is started: by pytest, and by the console command."""
