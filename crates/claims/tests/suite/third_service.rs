//! third_service
