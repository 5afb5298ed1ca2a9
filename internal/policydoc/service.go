package policydoc

import (
	"slices"
	"strings"
)

// MayLet tells that a statement may let a service of AWS do something to the
// resource on behalf of its account: a service ("cloudwatch.amazonaws.com") and an
// action ("sns:Publish"). It is no judge: conditions and resources are not looked
// at, and who is named as an account, as everybody or not at all counts as let.
func (s Statement) MayLet(service, action string) bool {
	does := len(s.NotAction) > 0 ||
		slices.ContainsFunc(s.Action, func(pattern string) bool { return actionOf(pattern, action) })
	return s.Effect == "Allow" && does && s.mayMean(service)
}

// LetsService tells that the statement lets the service itself do the action: as MayLet does, but whom it names as an
// account is the account's own people, as in the policy of a key.
func (s Statement) LetsService(service, action string) bool {
	_, all := s.Principal[everybody]
	return s.MayLet(service, action) && (all || slices.Contains(s.Principal[byService], service))
}

func (s Statement) mayMean(service string) bool {
	if _, all := s.Principal[everybody]; all || s.Principal == nil {
		return true
	}
	return slices.Contains(s.Principal[byService], service) ||
		slices.ContainsFunc(s.Principal[byAWS], func(who string) bool {
			return !strings.HasPrefix(who, "arn:") || strings.HasSuffix(who, ":root")
		})
}
