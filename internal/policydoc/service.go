package policydoc

import (
	"regexp"
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

// MayDo tells that a statement speaks of an action of one of the kinds, each an
// action, or the beginning of some: "s3:Get*". Whom it lets do so, and where, is not
// looked at.
func (s Statement) MayDo(kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(kind string) bool {
		if s.NotAction != nil {
			return !slices.ContainsFunc(s.NotAction, func(but string) bool { return actionOf(but, kind) })
		}
		return slices.ContainsFunc(s.Action, func(pattern string) bool {
			return meets(strings.ToLower(pattern), strings.ToLower(kind))
		})
	})
}

// Services are the services of AWS, by their names, that a statement lets in.
func (s Statement) Services() []string {
	if s.Effect != "Allow" {
		return nil
	}
	return s.Principal[byService]
}

// Sourced tells that a condition says for whom the services that a statement lets in
// act, be it by a pattern: for an account, an organization or a source.
func (s Statement) Sourced() bool {
	return s.bounded(func(operator, key, value string) bool {
		known := fixed(value) || regexp.MustCompile(`^(arn:([^:]*:){3}\d{12}:|o-[a-z0-9]{10,32}/)`).MatchString(value)
		return compares(operator) && known && LambdaPublic().names(key)
	})
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
