"""dsqc.judge"""
