"""Jobs in worker processes: run in parallel, kept by digest, resumed after any end."""
