package s3

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// othersSid names the denial, so that there is never more than one.
const othersSid = "SalveDenyOtherAccounts"

// ownersAlone are the actions that no other account should have. Source: Security Hub user guide, S3.6.
func ownersAlone() []string {
	return []string{
		"s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration", "s3:PutObjectAcl",
	}
}

// OtherAccounts returns the control that leaves it to a bucket's account who gets in.
func OtherAccounts() []control.Control {
	return []control.Control{control.Of[policydoc.State]{
		Info: control.Info{
			ID: "S3.6", Writes: "s3.bucket-policy",
			Effect: "Other accounts can no longer change the policy, ACL or encryption of the bucket, nor the ACL of objects: " +
				"who deploys or shares from there is cut off, and so is a writer who gives objects to the bucket's owner by an " +
				"ACL. Look at the other accounts' roles, and at the bucket's object ownership, first. All else that they may do " +
				"stays.",
			Fails: control.Fails{
				When: "The bucket policy allows somebody of another account, or anybody, on whatever condition, one of " +
					"s3:DeleteBucketPolicy, s3:PutBucketAcl, s3:PutBucketPolicy, s3:PutEncryptionConfiguration and " +
					"s3:PutObjectAcl, also by a pattern, and denies it on no condition nowhere.",
				Rule: "s3-bucket-blacklisted-actions-prohibited",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: bucketARN,
			Actions: []string{"s3:GetBucketPolicy", "s3:PutBucketPolicy"},
		},
		Read: readPolicy, Want: denyOthers, Write: writePolicy,
	}.Control()}
}

// denyOthers takes an action out where a statement names it among others. What is allowed by a pattern, or alone, is
// denied to those whom the statement names. A denial for anybody would shut out the account itself.
func denyOthers(now policydoc.State, env control.Env) (policydoc.State, error) {
	all := map[string]policydoc.Statement{}
	for key := range now {
		s, err := statementOf(now, key)
		if err != nil {
			return nil, fault.New(fault.Refused, "the bucket policy has a statement that Salve cannot read: %w", err)
		}
		all[key] = s
	}
	to, denied := maps.Clone(now), []string(nil)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		who, err := denyIn(to, env, key, all)
		if err != nil {
			return nil, err
		}
		denied = append(denied, who...)
	}
	if err := denial(to, env.Target.Resource, denied); err != nil {
		return nil, err
	}
	if !maps.EqualFunc(now, to, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
		if err := deleted(all); err != nil {
			return nil, err
		}
	}
	return to, to.Fits(mostPolicy)
}

// denyIn takes the actions out of one statement; of another it returns whom they are denied instead.
func denyIn(
	to policydoc.State, env control.Env, key string, all map[string]policydoc.Statement,
) (denied []string, err error) {
	s := all[key]
	who, anybody, err := outsiders(s, env.Target.Account)
	if !offends(env.Target.Resource, slices.Collect(maps.Values(all)), s, who, anybody) {
		return nil, nil
	}
	kept, wild := without(s)
	switch {
	case err != nil:
		return nil, err
	case (wild || len(kept) == 0) && anybody:
		return nil, fault.New(fault.Refused, "%s of the bucket policy lets anybody do what the owner alone should: name "+
			"the actions that are meant in it, or take it out", sidOf(s))
	case wild, len(kept) == 0:
		return who, nil
	default:
		return nil, narrowed(to, key, kept)
	}
}

func statementOf(now policydoc.State, key string) (policydoc.Statement, error) {
	raw, err := now.Raw(key)
	if err != nil {
		return policydoc.Statement{}, err
	}
	return policydoc.ReadStatement(raw)
}

// unique is the id that takes the place of a principal that was deleted.
var unique = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,}$`)

// outsiders are whom a statement of another account names, or that it means anybody; an error where nobody can tell.
func outsiders(s policydoc.Statement, own string) (who []string, anybody bool, err error) {
	anybody = s.NotPrincipal != nil
	for kind, values := range s.Principal {
		for _, value := range values {
			switch of := needs.AccountOf(value); {
			case kind == "Service", kind == "Federated", unique.MatchString(value), of == own:
			case value == "*":
				anybody = true
			case of != "":
				who = append(who, value)
			default:
				who = append(who, value)
				err = fault.New(fault.Refused, "%s of the bucket policy lets %q in, and Salve cannot tell whose that is: name "+
					"an account or a role instead", sidOf(s), value)
			}
		}
	}
	return who, anybody, err
}

// offends tells that a statement lets others do what the owner alone should, and that nothing denies them that where it
// lets them, or everywhere.
func offends(bucket string, all []policydoc.Statement, s policydoc.Statement, who []string, anybody bool) bool {
	if anybody {
		who = []string{"*"}
	}
	whole := s
	whole.Resource, whole.NotResource = policydoc.Values{bucket, bucket + "/*"}, nil
	return s.Effect == "Allow" && slices.ContainsFunc(ownersAlone(), func(action string) bool {
		return s.MayDo(action) && slices.ContainsFunc(who, func(one string) bool {
			return !policydoc.Denied(all, s, one, action) && !policydoc.Denied(all, whole, one, action)
		})
	})
}

// without are the actions of a statement that stay, and whether a pattern lets more in than can be taken out.
func without(s policydoc.Statement) (kept []string, wild bool) {
	for _, pattern := range s.Action {
		one := policydoc.Statement{Action: policydoc.Values{pattern}}
		switch {
		case !one.MayDo(ownersAlone()...):
			kept = append(kept, pattern)
		case !slices.ContainsFunc(ownersAlone(), func(action string) bool { return strings.EqualFold(action, pattern) }):
			wild = true
		}
	}
	return kept, wild || s.NotAction != nil
}

// narrowed puts other actions into a statement, and nothing else.
func narrowed(to policydoc.State, key string, actions []string) error {
	var statement map[string]json.RawMessage
	raw, err := to.Raw(key)
	if err == nil {
		err = json.Unmarshal(raw, &statement)
	}
	if err != nil {
		return fmt.Errorf("read a statement: %w", err)
	}
	if statement["Action"], err = json.Marshal(actions); err != nil {
		return fmt.Errorf("write the actions: %w", err)
	}
	text, err := json.Marshal(statement)
	if err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	to.Replace(key, text)
	return nil
}

// denial denies more principals what the owner alone should do, by the statement that is there for that or a new one.
func denial(to policydoc.State, bucket string, who []string) error {
	if len(who) == 0 {
		return nil
	}
	if _, taken := to[othersSid]; taken {
		s, err := statementOf(to, othersSid)
		if err != nil || s.Effect != "Deny" || !slices.Equal(s.Action, ownersAlone()) || len(s.Condition) > 0 {
			return fault.New(fault.Refused, "the bucket policy has a statement %q that is about something else: give it "+
				"another Sid, then try again", othersSid)
		}
		who = append(who, s.Principal["AWS"]...)
	}
	slices.Sort(who)
	text, err := json.Marshal(map[string]any{
		"Sid": othersSid, "Effect": "Deny", "Principal": map[string]any{"AWS": slices.Compact(who)}, "Action": ownersAlone(),
		"Resource": []string{bucket, bucket + "/*"},
	})
	if err != nil {
		return fmt.Errorf("write the denial: %w", err)
	}
	to[othersSid] = text
	return nil
}

// deleted refuses a policy that names somebody who was deleted: S3 takes none that does.
func deleted(all map[string]policydoc.Statement) error {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if at := slices.IndexFunc(all[key].Principal["AWS"], unique.MatchString); at >= 0 {
			return fault.New(fault.Refused, "take %s out of %s of the bucket policy: whoever that was is deleted, and S3 takes "+
				"no policy that names him", all[key].Principal["AWS"][at], sidOf(all[key]))
		}
	}
	return nil
}
