"""What people look at: interactive map, reports, figures, exports."""
