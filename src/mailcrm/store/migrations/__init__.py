"""The history of the schema, inside the package so that an installed mailcrm can upgrade its own database."""
