"""A stand-in for SSM Automation: it carries out runbooks (documents of schema 0.3) step by step.

It is written from AWS's documentation and proves nothing about AWS: what it does not know it refuses.
"""
