package ssmdocuments

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// suspect makes a user with an active and an inactive key, or a role, and returns its ARN and its active keys.
func (w world) suspect(kind string) (string, []string) {
	w.Helper()
	if kind == "role" {
		made := w.do("iam", "create_role", m{
			"Path": "/app/", "RoleName": "suspect",
			"AssumeRolePolicyDocument": fmt.Sprintf(trust, w.account),
		})
		return text(made, "Role.Arn"), nil
	}
	made := w.do("iam", "create_user", m{"Path": "/app/", "UserName": "suspect"})
	active := w.do("iam", "create_access_key", m{"UserName": "suspect"})
	old := w.do("iam", "create_access_key", m{"UserName": "suspect"})
	w.do("iam", "update_access_key", m{
		"UserName": "suspect", "AccessKeyId": text(old, "AccessKey.AccessKeyId"), "Status": "Inactive",
	})
	return text(made, "User.Arn"), []string{text(active, "AccessKey.AccessKeyId")}
}

// policies are the names of the suspect's policies, active its active keys.
func (w world) rights(kind string) (policies []string, active []string) {
	w.Helper()
	listed := w.do("iam", "list_"+kind+"_policies", m{strings.ToUpper(kind[:1]) + kind[1:] + "Name": "suspect"})
	for _, name := range at(listed, "PolicyNames").([]any) {
		policies = append(policies, fmt.Sprint(name))
	}
	if kind == "user" {
		keys := w.do("iam", "list_access_keys", m{"UserName": "suspect"})
		for _, key := range at(keys, "AccessKeyMetadata").([]any) {
			if text(key, "Status") == "Active" {
				active = append(active, text(key, "AccessKeyId"))
			}
		}
	}
	return policies, active
}

// contain makes a suspect that is contained, without a runbook.
func (w world) contain(kind string) map[string][]string {
	w.Helper()
	arn, keys := w.suspect(kind)
	const deny = `{"Version":"2012-10-17","Statement":[
		{"Sid":"SalveContained","Effect":"Deny","Action":"*","Resource":"*"}]}`
	name := strings.ToUpper(kind[:1]) + kind[1:] + "Name"
	w.do("iam", "put_"+kind+"_policy", m{name: "suspect", "PolicyName": "salve-contained", "PolicyDocument": deny})
	parameters := one("PrincipalArn", arn)
	for _, key := range keys {
		w.do("iam", "update_access_key", m{"UserName": "suspect", "AccessKeyId": key, "Status": "Inactive"})
		parameters["KeyIds"] = keys
	}
	return parameters
}

func principalScenes() []scene {
	var out []scene
	for _, kind := range []string{"user", "role"} {
		out = append(out, scene{
			document: "Salve-ContainPrincipal", name: kind,
			make: func(w world) map[string][]string {
				arn, _ := w.suspect(kind)
				return one("PrincipalArn", arn)
			},
			left: func(w world, _ map[string][]string) string {
				if policies, active := w.rights(kind); !slices.Contains(policies, "salve-contained") || len(active) > 0 {
					return fmt.Sprintf("its policies are %q, its active keys %q", policies, active)
				}
				return ""
			},
		}, scene{
			document: "Salve-ReleasePrincipal", name: kind,
			make: func(w world) map[string][]string { return w.contain(kind) },
			left: func(w world, parameters map[string][]string) string {
				if policies, active := w.rights(kind); len(policies) > 0 || !slices.Equal(active, parameters["KeyIds"]) {
					return fmt.Sprintf("its policies are %q, its active keys %q", policies, active)
				}
				return ""
			},
		})
	}
	return out
}

// TestContainingIsUndone: the keys that were active are active again, and no others.
func TestContainingIsUndone(t *testing.T) {
	w := newWorld(t)
	arn, keys := w.suspect("user")
	e := w.run(document(t, "Salve-ContainPrincipal"), one("PrincipalArn", arn))
	said := output(e, "Deactivate.KeyIds")
	if !slices.Equal(said, keys) {
		t.Fatalf("the keys were %q, it says %q: %s", keys, said, steps(e))
	}
	w.do("iam", "delete_role_policy", m{"RoleName": "salve-principals", "PolicyName": "runbooks"})
	w.do("iam", "delete_role", m{"RoleName": "salve-principals"})
	e = w.run(document(t, "Salve-ReleasePrincipal"), map[string][]string{"PrincipalArn": {arn}, "KeyIds": said})
	if policies, active := w.rights("user"); len(policies) > 0 || !slices.Equal(active, keys) {
		t.Errorf("its policies are %q, its active keys %q: %s", policies, active, steps(e))
	}
}

// TestAContainmentThatCannotBeWhole leaves the user as it was: the policy is denied, so the keys are active again.
func TestAContainmentThatCannotBeWhole(t *testing.T) {
	w := newWorld(t)
	arn, keys := w.suspect("user")
	d := document(t, "Salve-ContainPrincipal")
	e := w.until(w.start(d, without(d.Permissions, "iam:PutUserPolicy"), one("PrincipalArn", arn)), ended)
	if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), "Reactivate Success") {
		t.Errorf("%s", steps(e))
	}
	if policies, active := w.rights("user"); len(policies) > 0 || !slices.Equal(active, keys) {
		t.Errorf("its policies are %q, its active keys %q", policies, active)
	}
}

// TestARoleKeepsNewSessions: only sessions that began before are denied, so the condition has to be there.
func TestARoleKeepsNewSessions(t *testing.T) {
	w := newWorld(t)
	arn, _ := w.suspect("role")
	e := w.run(document(t, "Salve-ContainPrincipal"), one("PrincipalArn", arn))
	put := w.do("iam", "get_role_policy", m{"RoleName": "suspect", "PolicyName": "salve-contained"})
	if text(put, "PolicyDocument.Statement.0.Condition.DateLessThan.aws:TokenIssueTime") == "" {
		t.Errorf("%v: %s", put, steps(e))
	}
}

// TestWhoIsNotContained: refused before anything changes.
func TestWhoIsNotContained(t *testing.T) {
	for name, c := range map[string]struct{ arn, says string }{
		"another account": {"arn:aws:iam::333333333333:user/app/suspect", "another account"},
		"Salve itself":    {"arn:aws:iam::222222222222:role/salve/automation/salve-principals", "belongs to AWS or to Salve"},
		"a service's":     {"arn:aws:iam::222222222222:role/aws-service-role/x/AWSServiceRoleForX", "belongs to AWS"},
		"nobody":          {"arn:aws:iam::222222222222:user/nobody", "NoSuchEntity"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			e := w.run(document(t, "Salve-ContainPrincipal"), one("PrincipalArn", c.arn))
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) ||
				strings.Contains(steps(e), "Deny") {
				t.Errorf("%s", steps(e))
			}
		})
	}
}

// TestAReleaseThatCannotBeWhole: nobody is left half released, and a policy that is not Salve's stays.
func TestAReleaseThatCannotBeWhole(t *testing.T) {
	d := document(t, "Salve-ReleasePrincipal")
	for name, c := range map[string]struct {
		permissions []Permission
		change      func(w world, parameters map[string][]string)
		says        string
	}{
		"the policy cannot go": {without(d.Permissions, "iam:DeleteUserPolicy"), nil, "Deactivate Success"},
		"the policy is another": {d.Permissions, func(w world, _ map[string][]string) {
			w.do("iam", "put_user_policy", m{
				"UserName": "suspect", "PolicyName": "salve-contained", "PolicyDocument": everything,
			})
		}, "somebody changed the policy"},
		"a key is another's": {d.Permissions, func(_ world, parameters map[string][]string) {
			parameters["KeyIds"] = []string{"AKIAIOSFODNN7EXAMPLE"}
		}, "not all of the keys"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			parameters := w.contain("user")
			if c.change != nil {
				c.change(w, parameters)
			}
			e := w.until(w.start(d, c.permissions, parameters), ended)
			if text(e, "AutomationExecutionStatus") != "Failed" || !strings.Contains(steps(e), c.says) {
				t.Errorf("%s", steps(e))
			}
			if policies, active := w.rights("user"); !slices.Contains(policies, "salve-contained") || len(active) > 0 {
				t.Errorf("its policies are %q, its active keys %q", policies, active)
			}
		})
	}
}

// everything is a policy that allows everything.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
