"""What a person wrote in this mail, told apart from what it quotes, forwards and signs with."""
