"""dsqc.catalog"""
