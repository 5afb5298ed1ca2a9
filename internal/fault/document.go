package fault

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// Unpublished tells that Systems Manager has no document of the name, or none of that version.
func Unpublished(err error) bool { return answers(err, "InvalidDocument", "InvalidDocumentVersion") }

// Published tells that Systems Manager made no document or version because there is one like it: somebody else was
// quicker.
func Published(err error) bool {
	return answers(err, "DocumentAlreadyExists", "DuplicateDocumentContent", "DuplicateDocumentVersionName")
}

// DocumentsFull tells that an account has as many documents in a Region as it may have.
func DocumentsFull(err error) bool { return answers(err, "DocumentLimitExceeded") }

// VersionsFull tells that a document has as many versions as it may have.
func VersionsFull(err error) bool { return answers(err, "DocumentVersionLimitExceeded") }

// Unassumable tells that SSM Automation started nothing because it cannot enter the role it was given. AWS has no code
// of its own for that.
func Unassumable(err error) bool {
	answer := smithy.APIError(nil)
	return errors.As(err, &answer) && answers(err, "InvalidAutomationExecutionParametersException") &&
		strings.Contains(strings.ToLower(answer.ErrorMessage()), "assume")
}

func answers(err error, codes ...string) bool {
	answer := smithy.APIError(nil)
	return errors.As(err, &answer) && slices.Contains(codes, answer.ErrorCode())
}
