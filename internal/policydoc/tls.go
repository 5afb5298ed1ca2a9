package policydoc

import (
	"slices"
	"strings"
)

// secureTransport is the condition key for "the request came over TLS".
const secureTransport = "aws:SecureTransport"

// DeniesPlaintext tells a denial of requests without TLS, or of some of them.
func (s Statement) DeniesPlaintext() bool {
	if s.Effect != "Deny" {
		return false
	}
	for operator, keys := range s.Condition {
		if o := strings.ToLower(operator); o != "bool" && o != "boolifexists" {
			continue
		}
		for key, values := range keys {
			if strings.EqualFold(key, secureTransport) && len(values) == 1 && values.has("false") {
				return true
			}
		}
	}
	return false
}

// RequiresTLS tells that statements together deny all requests without TLS: of
// everybody, for all actions of the service ("s3") on each of the resources, and on
// no other condition.
func RequiresTLS(all []Statement, service string, resources ...string) bool {
	return !slices.ContainsFunc(resources, func(r string) bool {
		return !slices.ContainsFunc(all, func(s Statement) bool { return s.requiresTLS(service) && s.about(r) })
	})
}

// requiresTLS tells a denial, for the resources it names, of all that comes without TLS.
func (s Statement) requiresTLS(service string) bool {
	return s.DeniesPlaintext() && s.unconditional() && s.ofEverybody() &&
		slices.ContainsFunc(s.Action, func(pattern string) bool { return actionOf(pattern, service+":*") })
}

// unconditional tells a statement with one condition and nothing that is exempt.
func (s Statement) unconditional() bool {
	for _, keys := range s.Condition {
		if len(keys) != 1 {
			return false
		}
	}
	return len(s.Condition) == 1 && s.NotAction == nil && s.NotResource == nil && s.NotPrincipal == nil
}

func (s Statement) ofEverybody() bool {
	return s.Principal[everybody].has("*") || s.Principal[byAWS].has("*")
}

// about tells that the statement is for the resource, which may end in a wildcard,
// and for all below it then.
func (s Statement) about(resource string) bool {
	return slices.ContainsFunc(s.Resource, func(pattern string) bool { return covers(pattern, resource) })
}
