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
	if Of(err) != Denied || elsewhere(err) {
		return err
	}
	return Wrap(NotOnboarded, err)
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
