"""dsqc.metrics"""
