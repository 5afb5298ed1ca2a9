package fault

import (
	"errors"
	"regexp"

	"github.com/aws/smithy-go"
)

// Opening gives the error of a session that AWS did not open its class. A denial means that the account is not
// onboarded: its role is missing or does not trust us. Where AWS names a policy that the account's stack has no part
// in, such as one of the hub's side or of the organization, it stays a denial.
func Opening(err error) error {
	switch {
	case Of(err) != Denied:
		return err
	case elsewhere(err):
		return &shutError{err}
	}
	return Wrap(NotOnboarded, err)
}

// shutError is a session that a policy of neither the account nor its stack kept shut.
type shutError struct{ error }

func (e *shutError) Unwrap() error { return e.error }

// Shut tells that a policy of the hub's side or of the organization kept Salve out of the account, which is one fault
// for all that would have been done there.
func Shut(err error) bool {
	var shut *shutError
	return errors.As(err, &shut)
}

// elsewhere tells that AWS names a policy that is neither the role's trust policy nor unnamed.
func elsewhere(err error) bool {
	answer := smithy.APIError(nil)
	if !errors.As(err, &answer) {
		return false
	}
	kind := ""
	if at := last(explicitDeny(), answer.ErrorMessage()); at != nil {
		kind = at[1]
	} else if at := last(implicitDeny(), answer.ErrorMessage()); at != nil {
		kind = at[1]
	}
	return kind != "" && !regexp.MustCompile(`^(role trust|resource-based) policy$`).MatchString(kind)
}
