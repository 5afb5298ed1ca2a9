package main

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
)

// end prints an error in one sentence and turns it into an exit code.
func (a *app) end(err error) int {
	var code exit
	switch {
	case err == nil && a.lost != nil && a.lost.Load():
		return exitError
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	}
	err = a.noTable(err)
	a.warn("%s", sentence(err))
	return errorExit(err)
}

// errorExit is the exit code of an error, the same for every command: the words
// were wrong, or something said no, or it is an error.
func errorExit(err error) int {
	var answer smithy.APIError
	switch fault.Of(err) {
	case fault.Invalid:
		if errors.As(err, &answer) {
			return exitError // what AWS calls invalid need not be the command
		}
		return exitUsage
	case fault.Refused, fault.Denied, fault.NotOnboarded, fault.Drifted, fault.Unverified:
		return exitNotFixed
	case fault.None, fault.Retry, fault.Gone, fault.Unknown:
	}
	return exitError
}

// sentence is an error for people. What AWS answered is full of ids that mean
// nothing to a reader; what Salve says itself is meant to be read.
func sentence(err error) string {
	var answer smithy.APIError
	var call *smithy.OperationError
	if errors.As(err, &answer) || errors.As(err, &call) {
		return fault.Cause(err)
	}
	return plain.Short(err.Error(), maxSentence)
}

// onboarded says of an account without the role which one it is and what makes
// it ready; other errors are left as they are.
func onboarded(t control.Target, role string, err error) error {
	if fault.Of(err) != fault.NotOnboarded {
		return err
	}
	why := "it has no role " + role + " that trusts this hub"
	if denier := fault.Denier(err); denier != "" {
		why = denier
	}
	// Without the chain: what is said here is all there is to say.
	return fault.New(fault.NotOnboarded, "account %s is not onboarded, %s: deploy the stack deploy/member.yaml into it",
		t.Account, why)
}

// asRole says what a person needs who may not work as the role of operators.
func asRole(role string, err error) error {
	if fault.Of(err) != fault.Denied {
		return err
	}
	policy, named := role[strings.LastIndex(role, "/")+1:], "OperatorPrincipals"
	switch { // the policy is called as the role, prefix and all
	case strings.HasSuffix(policy, names.LimitedRole):
		named = "LimitedOperatorPrincipals"
	case !strings.HasSuffix(policy, names.OperatorRole):
		policy = names.OperatorRole
	}
	return fault.New(
		fault.Denied,
		"you may not work as %s: that takes the managed policy %s and being named in %s of the "+
			"hub's stack; or name another role with --role-arn (%s)",
		role,
		policy,
		named,
		fault.Cause(err),
	)
}
