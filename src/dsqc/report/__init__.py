"""dsqc.report"""
