//! authpair
