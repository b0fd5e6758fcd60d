"""dsqc.storage"""
