"""`tapctl verify`: what an integration test suite would ask of a stack that stands, answered from AWS alone.

The plan is never asked: it would find right whatever the product believes to be right. What is expected follows from
the settings (sizes, ports, days) and from rules of security; what is there is read by describe calls.
"""
