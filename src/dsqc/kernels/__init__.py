"""dsqc.kernels"""
