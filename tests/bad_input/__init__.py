"""What can be got wrong before anything is made: a table, and what holds for each of its rows."""
