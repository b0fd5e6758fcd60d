"""dsqc.transfer"""
