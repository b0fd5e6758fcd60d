"""dsqc.rules"""
