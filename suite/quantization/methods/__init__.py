"""The methods of quantizing, a module each."""
