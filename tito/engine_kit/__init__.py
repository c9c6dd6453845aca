"""Kit for engineers: new compute backends as packages of their own."""
