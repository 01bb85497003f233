"""Real servers for tests: each module starts one program on 127.0.0.1 in a throw-away folder."""
