package fault

// Elsewhere tells that S3 has the bucket in another Region than it was asked in, and says no more.
// Source: Amazon S3 API reference, list of error codes.
func Elsewhere(err error) bool {
	return answers(err, "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently",
		"PermanentRedirect")
}
