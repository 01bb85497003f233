"""vCards of all versions, as phones and mail programs really write them."""
