"""dsqc.batch"""
