"""The hallway: builds the application, holds standing work by leases, supervises threads. No rules about customers."""
