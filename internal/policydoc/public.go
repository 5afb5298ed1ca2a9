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
	// anybody tells that principals of a kind are not known by name.
	anybody func(kind string, names Values) bool
	// bounds tells that a value of a condition key, under an operator in small
	// letters, names somebody.
	bounds func(operator, key, value string) bool
}

// In tells that a statement lets anybody in: those it allows are anybody, and no
// condition says which of them are meant.
func (p Public) In(s Statement) bool {
	return s.Effect == "Allow" && p.lets(s) && !p.bounded(s)
}

func (p Public) lets(s Statement) bool {
	if len(s.NotPrincipal) > 0 {
		return true
	}
	for kind, names := range s.Principal {
		if p.anybody(kind, names) {
			return true
		}
	}
	return false
}

// bounded looks for one condition that alone keeps strangers out. All conditions
// must hold, so one is enough; any of a condition's values may hold, so each must
// name somebody.
func (p Public) bounded(s Statement) bool {
	for operator, keys := range s.Condition {
		operator := strings.ToLower(strings.TrimPrefix(operator, "ForAnyValue:"))
		for key, values := range keys {
			key := strings.ToLower(key)
			if len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !p.bounds(operator, key, v) }) {
				return true
			}
		}
	}
	return false
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

// wild tells names of which one is everybody's: a wildcard, or nothing at all.
func wild(names Values) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n == "" || strings.Contains(n, "*") })
}

// LambdaPublic is what is public of a function. An AWS service counts as anybody:
// it acts for all its customers. Source: Security Hub's control Lambda.1 and the
// rule lambda-function-public-access-prohibited of AWS Config.
func LambdaPublic() Public {
	return Public{
		anybody: func(kind string, names Values) bool {
			return kind == byService || (kind == everybody || kind == byAWS) && wild(names)
		},
		bounds: func(operator, key, value string) bool {
			fixed := lambdaFixed(key)
			return compares(operator) && fixed != nil && fixed.MatchString(value)
		},
	}
}

// lambdaFixed is what a value of a condition key must look like to name an account,
// an organisation, a network or a partner's secret; nil for keys that name none of
// them. A bucket's ARN has no account in it: who deletes a bucket leaves its name to
// strangers.
func lambdaFixed(key string) *regexp.Regexp {
	switch key {
	case "aws:sourceaccount", "aws:sourceowner", "aws:principalaccount":
		return regexp.MustCompile(`^\d{12}$`)
	case "aws:sourcearn", "aws:principalarn":
		return regexp.MustCompile(`^arn:[^:$]*:[^:$]*:[^:$]*:\d{12}:[^$]+$`)
	case "aws:sourceorgid", "aws:principalorgid":
		return regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	case "aws:sourceorgpaths", "aws:principalorgpaths":
		return regexp.MustCompile(`^o-[a-z0-9]{10,32}/[^$]*$`)
	case "aws:sourcevpc", "aws:sourcevpce", "lambda:eventsourcetoken":
		return regexp.MustCompile(`^[^*?$]+$`)
	}
	return nil
}

// S3Public is what is public of a bucket, by its policy. A named service is nobody
// else; an identity provider is anybody who signs in there. Source: "The meaning of
// public" in the S3 user guide, Blocking public access to your Amazon S3 storage.
func S3Public() Public {
	return Public{
		anybody: func(kind string, names Values) bool {
			switch kind {
			case everybody, byAWS, byService, "CanonicalUser":
				return wild(names) || slices.ContainsFunc(names, func(n string) bool { return strings.ContainsAny(n, "?$") })
			}
			return true
		},
		bounds: func(operator, key, value string) bool {
			if key == "aws:sourceip" {
				return operator == "ipaddress" && narrow(value)
			}
			fixed := s3Fixed(key)
			return compares(operator) && fixed != nil && fixed.MatchString(value)
		},
	}
}

// s3Fixed is what a value of a condition key must look like to be fixed; nil for
// keys that bound nothing. An access point may be any of one account.
func s3Fixed(key string) *regexp.Regexp {
	switch key {
	case "aws:principalorgid", "aws:principalaccount", "aws:principalarn", "aws:userid",
		"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount",
		"s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointaccount":
		return regexp.MustCompile(`^[^*?$]+$`)
	case "s3:dataaccesspointarn":
		return regexp.MustCompile(`^arn:[^:*?$]+:s3:[^:*?$]*:\d{12}:accesspoint/[^$]+$`)
	}
	return nil
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
