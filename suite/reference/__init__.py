"""What somebody else measured: results read, and held against their own protocol."""
