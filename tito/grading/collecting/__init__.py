"""From an exchange or an export into the instructor's folder, whatever strangers put there."""
