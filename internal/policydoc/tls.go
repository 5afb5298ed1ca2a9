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

// RequiresTLS tells a denial of all requests without TLS: of everybody, for all
// actions of the service ("s3") on each of the resources, and on no other condition.
func (s Statement) RequiresTLS(service string, resources ...string) bool {
	all := s.Action.has("*") || s.Action.has(service+":*")
	return s.DeniesPlaintext() && s.unconditional() && s.ofEverybody() && all &&
		!slices.ContainsFunc(resources, func(r string) bool { return !s.about(r) })
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

// about tells that the statement names the resource, or begins its name and ends in
// a wildcard; others are not needed to name one.
func (s Statement) about(resource string) bool {
	return slices.ContainsFunc(s.Resource, func(pattern string) bool {
		return pattern == resource ||
			!strings.ContainsAny(strings.TrimSuffix(pattern, "*"), "*?") && covers(pattern, resource)
	})
}
