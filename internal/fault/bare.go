package fault

import (
	"errors"

	"github.com/aws/smithy-go"
)

// Bare is Cause without a word of the answer but its code, for an answer that
// repeats a secret.
func Bare(err error) string {
	text := subject(err) + " failed"
	if answer := smithy.APIError(nil); errors.As(err, &answer) {
		text += ": " + answer.ErrorCode()
	}
	return text + ". The rest of the answer repeats a secret and is left out."
}
