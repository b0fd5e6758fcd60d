"""dsqc.formats"""
