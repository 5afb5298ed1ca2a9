package fault

import (
	"errors"

	"github.com/aws/smithy-go"
)

// Expired tells whether AWS answered that the session has ended. For a run that is throttling by another name: the next
// session is fresh. Who works with the credentials of a person waits in vain: he has to sign in again.
func Expired(err error) bool {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired":
		return true
	}
	return false
}
