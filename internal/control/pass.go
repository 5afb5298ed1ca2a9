package control

import (
	"fmt"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// Recipient is a service of AWS that a write may give a role to, and what roles.
type Recipient struct {
	// Service is its principal, in the commercial partition.
	Service string
	// Path begins the roles that it may get, be they Salve's or a person's: "/salve/service/". Empty are all that the
	// resource of a run has already.
	Path string
	// Own is the role of ours that nobody else gets, made by the stack of a member below ServiceRoles. Empty is none.
	Own string
	// Suffixed tells that the service is called after the partition.
	Suffixed bool
}

// Recipients are all services that get a role from any control: a closed list, from which the member's role takes its
// denials. A service that would run whatever somebody gives it, such as Lambda, is none.
// Source: service authorization reference, iam:PassRole of each operation.
func Recipients() []Recipient {
	return []Recipient{
		{Service: "apigateway.amazonaws.com", Own: "salve-api-logs"},
		{Service: "appsync.amazonaws.com", Own: "salve-appsync-logs"},
		{Service: "backup.amazonaws.com", Path: names.ServiceRoles, Own: "salve-backup"},
		{Service: "cloudtrail.amazonaws.com", Path: names.ServiceRoles, Own: "salve-trail-logs"},
		{Service: "codebuild.amazonaws.com"},
		{Service: "config.amazonaws.com", Path: "/aws-service-role/config.amazonaws.com/"},
		{Service: "ec2.amazonaws.com", Suffixed: true},
		{Service: "ecs-tasks.amazonaws.com"},
		{Service: "glue.amazonaws.com"},
		{Service: "monitoring.rds.amazonaws.com", Path: names.ServiceRoles, Own: "salve-enhanced-monitoring"},
		{Service: "sns.amazonaws.com", Path: names.ServiceRoles, Own: "salve-topic-logs"},
		{Service: "states.amazonaws.com"},
		{Service: "vpc-flow-logs.amazonaws.com", Path: names.ServiceRoles, Own: "salve-flow-logs"},
	}
}

// RecipientOf is the entry of a service.
func RecipientOf(service string) (Recipient, bool) {
	all := Recipients()
	at := slices.IndexFunc(all, func(r Recipient) bool { return r.Service == service })
	if at < 0 {
		return Recipient{}, false
	}
	return all[at], true
}

// Principal is what the service is called in a partition.
func (r Recipient) Principal(partition string) string {
	if r.Suffixed && partition == "aws-cn" {
		return r.Service + ".cn"
	}
	return r.Service
}

// OwnRole is the ARN of the role that a member's stack makes for a service, or that of one which a person names in its
// place: the name of a role below the same path. It is empty where there is none.
func OwnRole(t Target, service, name string) string {
	r, ok := RecipientOf(service)
	if name == "" && r.Own != "" {
		name = t.Home.Name(r.Own)
	}
	if !ok || name == "" {
		return ""
	}
	return t.GlobalARN("iam", "role"+t.Home.Below(names.ServiceRoles)+name)
}

// Passed are the roles that a write gives to services, and the functions that it has a service call: its session may,
// and no session before it.
type Passed struct {
	Services  []string
	Roles     []string // ARNs, each as it was read or pinned
	Functions []string // the same
}

// Apart tells that the change is written in a session of its own, after the plan: one that may give a role away, have a
// function called, or that enters another role of the member. What reads before it may only read.
func (i Info) Apart() bool { return len(i.Passes) > 0 || i.Invokes() || i.Role == RoleIdentity }

// Passing is what the session that writes the plan gives away and has called, no more than the plan says.
func (c Control) Passing(env Env, p Plan) (Passed, error) {
	if !p.Pending() {
		return Passed{}, nil
	}
	functions, err := c.invoking(env, p)
	if err != nil || len(c.Passes) == 0 {
		return Passed{Functions: functions}, err
	}
	roles, err := c.state.passing(env, look{p.from, p.facts}, look{p.to, p.facts})
	if err != nil {
		return Passed{}, err
	}
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	for _, role := range roles {
		if err := c.mayPass(env.Target, role); err != nil {
			return Passed{}, err
		}
	}
	return Passed{Services: c.Passes, Roles: roles, Functions: functions}, nil
}

// mayPass refuses what no session could be limited to, and what the member's role is denied: the role of another
// account, Salve's own, one that a service may not get.
func (i Info) mayPass(t Target, role string) error {
	path, ok := strings.CutPrefix(role, t.GlobalARN("iam", "role"))
	if !ok || strings.ContainsAny(path, "*?$") || !strings.HasPrefix(path, "/") {
		return fault.New(fault.Refused, "the change would give %q away, which is no role of account %s", role, t.Account)
	}
	for _, service := range i.Passes {
		r, _ := RecipientOf(service)
		switch {
		case r.Path != "" && !strings.HasPrefix(path, r.below(i.home)):
			return fault.New(fault.Refused, "%s gets roles below %s alone, not %s: name one that lies there",
				service, r.below(i.home), role)
		case strings.HasPrefix(path, i.home.Below("/"+i.home.Name("salve-"))),
			strings.HasPrefix(path, i.home.Below("/salve/")) && !ours(r, path, i.home):
			return fault.New(fault.Refused, "%s is a role of Salve's, which %s does not get", role, service)
		}
	}
	return nil
}

// ours tells roles below /salve/ that a service may get: its own, one that a person made for it, and that of instances.
func ours(r Recipient, path string, home names.Home) bool {
	if r.Service == "ec2.amazonaws.com" {
		return strings.HasPrefix(path, home.Below(names.InstanceRoles))
	}
	name, below := strings.CutPrefix(path, home.Below(names.ServiceRoles))
	return below && (name == home.Name(r.Own) ||
		!slices.ContainsFunc(Recipients(), func(o Recipient) bool { return home.Name(o.Own) == name }))
}

// below is Path where an account asks for one of its own, which AWS's roles do not have.
func (r Recipient) below(home names.Home) string {
	if r.Path != names.ServiceRoles {
		return r.Path
	}
	return home.Below(r.Path)
}

// checkPasses finds services that get nothing from anybody, and declarations that say two things.
func (c Control) checkPasses() error {
	for _, service := range c.Passes {
		if _, ok := RecipientOf(service); !ok {
			return fmt.Errorf("control %q passes roles to %q, which is none of Recipients", c.ID, service)
		}
	}
	switch {
	case c.Starts() && c.Apart():
		return fmt.Errorf("control %q starts a runbook: what that may do stands in its document, not in Role or Passes", c.ID)
	case len(c.Passes) > 0 && c.Role == RoleIdentity:
		return fmt.Errorf("control %q: who decides about identities gives no role away", c.ID)
	case slices.Contains(c.Actions, "iam:PassRole") && !c.Starts():
		return fmt.Errorf("control %q: iam:PassRole follows from Passes", c.ID)
	}
	if err := c.state.invokes(); err != nil {
		return err
	}
	return c.state.passes(len(c.Passes) > 0)
}
