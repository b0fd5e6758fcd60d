"""dsqc.forms"""
