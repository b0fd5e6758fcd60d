"""dsqc.submission"""
