"""The web face: now the public endpoint for unsubscribe links, later the console and the API."""
