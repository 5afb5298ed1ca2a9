package policydoc

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Public is what a service calls public: who counts as anybody, and what a
// condition must say to keep strangers out.
type Public struct {
	// anybody tells that a principal of a kind is not known by name.
	anybody func(kind, name string) bool
	// also tells keys of conditions, in small letters, that keep strangers out of
	// this service besides those that do everywhere.
	also func(key string) bool
	// lends tells that a statement lets in a service that acts for all its customers.
	lends func(s Statement) bool
}

// In tells that a statement lets anybody in: those it allows are anybody, and no
// condition says which of them are meant.
func (p Public) In(s Statement) bool {
	return s.Effect == "Allow" && (p.lets(s) && !s.bounded(p.keeps) || p.lends(s))
}

// lets tells that the statement is for anybody. A statement for nobody in particular
// is: AWS takes an empty principal for everybody.
func (p Public) lets(s Statement) bool {
	if s.NotPrincipal != nil {
		return true
	}
	named := false
	for kind, names := range s.Principal {
		for _, name := range names {
			named = true
			if fixed(name) && !p.anybody(kind, name) {
				continue
			}
			return true
		}
	}
	return !named
}

// bounded looks for one condition that alone keeps strangers out. All conditions
// must hold, so one is enough; any of a condition's values may hold, so each must
// name somebody.
func (s Statement) bounded(keeps func(operator, key, value string) bool) bool {
	for operator, keys := range s.Condition {
		operator := strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:")
		for key, values := range keys {
			key := strings.ToLower(key)
			if len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !keeps(operator, key, v) }) {
				return true
			}
		}
	}
	return false
}

// keeps tells that a value of a condition key, under an operator in small letters,
// names somebody.
func (p Public) keeps(operator, key, value string) bool {
	switch {
	case key == "aws:sourceip":
		return operator == "ipaddress" && narrow(value)
	case !compares(operator):
		return false
	case key == "s3:dataaccesspointarn":
		return ofOneAccount().MatchString(value)
	}
	return fixed(value) && p.names(key)
}

// names tells condition keys of which a fixed value names somebody.
func (p Public) names(key string) bool { return namesAnywhere(key) || p.also(key) }

// ofOneAccount are access points of one account, by any name.
func ofOneAccount() *regexp.Regexp {
	return regexp.MustCompile(`^arn:[^:*?$]+:s3:[^:*?$]*:\d{12}:accesspoint/[^$]+$`)
}

// compares tells operators that let nobody in without the value. Those with
// IfExists or ForAllValues let in who has no value at all, and negated ones let in
// everybody but a few.
func compares(operator string) bool {
	switch operator {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike":
		return true
	}
	return false
}

// fixed tells values that are neither empty nor have a wildcard or a variable in
// them: what AWS calls a fixed value, whatever the operator makes of a wildcard.
func fixed(value string) bool {
	return value != "" && !strings.ContainsAny(value, "*?") && !strings.Contains(value, "${")
}

// namesAnywhere tells condition keys, in small letters, of which a fixed value names a
// principal, an account, an organization, a source or a network. Source: "The meaning
// of public" in the S3 user guide, with the keys that name the same by account or
// organization.
func namesAnywhere(key string) bool {
	switch key {
	case "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:userid",
		"aws:sourceaccount", "aws:sourceowner", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
		"aws:sourcevpc", "aws:sourcevpce":
		return true
	}
	return false
}

// LambdaPublic is what is public of a function: what is for anybody, without a
// condition on fixed values; and what lets Amazon S3 in for any of its customers,
// since no account stands in a bucket's ARN. Any other service by its name is
// nobody else. Source: Security Hub's control Lambda.1 and the rule
// lambda-function-public-access-prohibited of AWS Config.
func LambdaPublic() Public {
	return Public{
		anybody: func(string, string) bool { return false },
		also:    func(key string) bool { return key == "lambda:eventsourcetoken" }, // the secret of a partner
		lends: func(s Statement) bool {
			return slices.ContainsFunc(s.Principal[byService], isS3) && !s.bounded(namesAccount)
		},
	}
}

// isS3 tells the name of Amazon S3 as a principal, of a Region or of all.
func isS3(service string) bool {
	return regexp.MustCompile(`^s3(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$`).MatchString(service)
}

// namesAccount tells conditions that say for whose account a service acts.
func namesAccount(operator, key, value string) bool {
	if !compares(operator) || !fixed(value) {
		return false
	}
	switch key {
	case "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths":
		return true
	case "aws:sourcearn":
		return regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:\d{12}:`).MatchString(value)
	}
	return false
}

// S3Public is what is public of a bucket, by its policy. A named service is nobody
// else; an identity provider is anybody who signs in there. Source: "The meaning of
// public" in the S3 user guide, Blocking public access to your Amazon S3 storage.
func S3Public() Public {
	return Public{
		anybody: func(kind, _ string) bool {
			return !slices.Contains([]string{everybody, byAWS, byService, byCanonical}, kind)
		},
		also: func(key string) bool {
			return key == "s3:x-amz-server-side-encryption-aws-kms-key-id" || key == "s3:dataaccesspointaccount"
		},
		lends: func(Statement) bool { return false },
	}
}

// narrow tells an address, or a range that is no broader than a /8, or a /32 of IPv6.
func narrow(value string) bool {
	if _, err := netip.ParseAddr(value); err == nil {
		return true
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil || prefix.Addr().Is4In6() { // all of IPv4 is a narrow range of IPv6
		return false
	}
	least := 8
	if prefix.Addr().Is6() {
		least = 32
	}
	return prefix.Bits() >= least
}
