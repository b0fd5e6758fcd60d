"""dsqc.stages"""
