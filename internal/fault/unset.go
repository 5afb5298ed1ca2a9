package fault

import (
	"errors"

	"github.com/aws/smithy-go"
)

// Unset tells that AWS answered "there is no such setting on this resource":
// a state of the resource, not a failure. The resource itself is there.
func Unset(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration",
		"NoSuchCORSConfiguration", "NoSuchTagSet", "ObjectLockConfigurationNotFoundError",
		"ServerSideEncryptionConfigurationNotFoundError":
		return true
	}
	return false
}
