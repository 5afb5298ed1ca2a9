package organisation

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// hubPrincipal is Security Hub, as Organizations knows it.
const hubPrincipal = "securityhub.amazonaws.com"

// organization is what AWS Organizations keeps.
type organization struct {
	Root      string
	Parents   map[string]string            // of accounts and units
	Units     map[string]string            // id: name
	Tags      map[string]map[string]string // by id
	Made      map[string]*string           // accounts that were made later: name
	Trusted   map[string]bool              // principals
	Delegated map[string][]string          // account: principals
	Policies  map[string]string            // type of policy: its name
	Names     map[string]string            // of accounts, where they have one
	Suspended map[string]bool              // accounts
	settled   map[string]bool              // services whose administrator is known in one Region at least
}

func newOrganization(o Options) *organization {
	org := &organization{
		Root: "r-lab1", Parents: map[string]string{}, Units: map[string]string{}, Tags: map[string]map[string]string{},
		Made: map[string]*string{}, Trusted: map[string]bool{}, Delegated: map[string][]string{},
		Policies: map[string]string{},
		Names:    map[string]string{}, settled: map[string]bool{}, Suspended: map[string]bool{},
	}
	for _, account := range append([]string{o.Management}, o.Accounts...) {
		org.Parents[account] = org.Root
	}
	if o.Administrator != "" {
		org.Trusted[hubPrincipal] = true
		org.delegate(o.Administrator, hubPrincipal)
	}
	return org
}

func (o *organization) delegate(account, principal string) {
	if !slices.Contains(o.Delegated[account], principal) {
		o.Delegated[account] = append(o.Delegated[account], principal)
		slices.Sort(o.Delegated[account])
	}
}

// organizations are the operations of AWS Organizations that are played.
func (w *World) organizations() map[string]operation {
	return map[string]operation{
		"DescribeOrganization": w.describeOrganization, "ListAccounts": w.reading(w.listAccounts),
		"ListRoots":                           w.reading(w.listRoots),
		"ListAWSServiceAccessForOrganization": w.reading(w.listAccess),
		"EnableAWSServiceAccess":              w.managing(w.enableAccess),
		"RegisterDelegatedAdministrator":      w.managing(w.register),
		"DeregisterDelegatedAdministrator":    w.managing(w.deregister),
		"ListDelegatedAdministrators":         w.reading(w.listDelegated),
		"ListPolicies":                        w.reading(w.listPolicies),
		"ListParents":                         w.reading(w.listParents),
		"ListTagsForResource":                 w.reading(w.listTags),
		"TagResource":                         w.managing(w.tagResource),
		"ListAccountsForParent":               w.reading(w.listAccountsForParent),
		"ListOrganizationalUnitsForParent":    w.reading(w.listUnitsForParent),
		"CreateOrganizationalUnit":            w.managing(w.createUnit),
		"CreateAccount":                       w.managing(w.createAccount),
		"MoveAccount":                         w.managing(w.moveAccount),
	}
}

// reading is open for the management account and delegated administrators.
func (w *World) reading(do operation) operation {
	return func(c call) (any, error) {
		if c.account != w.options.Management && len(w.org.Delegated[c.account]) == 0 {
			return nil, notAllowed()
		}
		return do(c)
	}
}

// managing is open for the management account alone.
func (w *World) managing(do operation) operation {
	return func(c call) (any, error) {
		if c.account != w.options.Management {
			return nil, notAllowed()
		}
		return do(c)
	}
}

func notAllowed() error {
	return refuse(http.StatusBadRequest, "AccessDeniedException", "You don't have permissions to access this resource.")
}

func (w *World) describeOrganization(c call) (any, error) {
	if !w.has(c.account) {
		return nil, refuse(http.StatusBadRequest, "AWSOrganizationsNotInUseException",
			"Your account is not a member of an organization.")
	}
	return map[string]any{"Organization": map[string]any{
		"Id": w.options.ID, "FeatureSet": "ALL", "MasterAccountId": w.options.Management,
		"Arn":              w.arn("organization/" + w.options.ID),
		"MasterAccountArn": w.arn("account/" + w.options.ID + "/" + w.options.Management),
	}}, nil
}

func (w *World) arn(what string) string {
	return "arn:" + w.partition() + ":organizations::" + w.options.Management + ":" + what
}

// partition is that of the organization's Regions.
func (w *World) partition() string {
	switch region := w.options.Regions[0]; {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// listAccounts pages two by two, and one page in between is empty: AWS says that it may be.
func (w *World) listAccounts(c call) (any, error) {
	var in struct{ NextToken string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	ids := append([]string{w.options.Management}, w.options.Accounts...)
	for id := range w.org.Made {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	const size = 2
	if in.NextToken == "" {
		return map[string]any{"Accounts": []any{}, "NextToken": "0"}, nil
	}
	var from int
	if _, err := fmt.Sscanf(in.NextToken, "%d", &from); err != nil || from > len(ids) {
		return nil, refuse(http.StatusBadRequest, "InvalidInputException", "INVALID_NEXT_TOKEN")
	}
	page := []any{}
	to := min(from+size, len(ids))
	for _, id := range ids[from:to] {
		name := w.org.Names[id]
		if name == "" {
			name = "account-" + id
		}
		state := "ACTIVE"
		if w.org.Suspended[id] {
			state = "SUSPENDED"
		}
		page = append(page, map[string]any{
			"Id": id, "Name": name, "Email": id + "@example.org", "Status": state, "State": state,
			"Arn": w.arn("account/" + w.options.ID + "/" + id),
		})
	}
	out := map[string]any{"Accounts": page}
	if to < len(ids) {
		out["NextToken"] = fmt.Sprint(to)
	}
	return out, nil
}

func (w *World) listRoots(call) (any, error) {
	return map[string]any{"Roots": []any{map[string]any{"Id": w.org.Root, "Name": "Root"}}}, nil
}

func (w *World) listAccess(c call) (any, error) {
	var in struct{ NextToken string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	trusted := map[string]string{}
	for principal := range w.org.Trusted {
		trusted[principal] = principal
	}
	page, next := pageOf(trusted, in.NextToken)
	list := []any{}
	for _, principal := range page {
		list = append(list, map[string]any{"ServicePrincipal": principal})
	}
	out := map[string]any{"EnabledServicePrincipals": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (w *World) enableAccess(c call) (any, error) {
	var in struct{ ServicePrincipal string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	w.org.Trusted[in.ServicePrincipal] = true
	return struct{}{}, nil
}

func (w *World) register(c call) (any, error) {
	var in struct{ AccountID, ServicePrincipal string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	switch {
	case !w.has(in.AccountID):
		return nil, refuse(http.StatusBadRequest, "AccountNotFoundException", "You specified an account that doesn't exist.")
	case w.org.Suspended[in.AccountID]:
		return nil, constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
	case in.AccountID == w.options.Management:
		return nil, constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
	case !w.org.Trusted[in.ServicePrincipal]:
		return nil, constraint("SERVICE_ACCESS_NOT_ENABLED")
	case slices.Contains(w.org.Delegated[in.AccountID], in.ServicePrincipal):
		return nil, refuse(http.StatusBadRequest, "AccountAlreadyRegisteredException",
			"The provided account is already a delegated administrator for your organization.")
	}
	w.org.delegate(in.AccountID, in.ServicePrincipal)
	return struct{}{}, nil
}

// constraintCode is of the errors that carry a reason for programs.
const constraintCode = "ConstraintViolationException"

func constraint(reason string) error {
	return refuse(http.StatusBadRequest, constraintCode, "%s", reason)
}

func (w *World) deregister(c call) (any, error) {
	var in struct{ AccountID, ServicePrincipal string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	at := slices.Index(w.org.Delegated[in.AccountID], in.ServicePrincipal)
	if at < 0 {
		return nil, refuse(
			http.StatusBadRequest,
			"AccountNotRegisteredException",
			"The account is not a delegated administrator.",
		)
	}
	w.org.Delegated[in.AccountID] = slices.Delete(w.org.Delegated[in.AccountID], at, at+1)
	return struct{}{}, nil
}

func (w *World) listDelegated(c call) (any, error) {
	var in struct{ ServicePrincipal string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	list := []any{}
	for account, principals := range w.org.Delegated {
		if in.ServicePrincipal == "" || slices.Contains(principals, in.ServicePrincipal) {
			list = append(list, map[string]any{"Id": account, "Status": "ACTIVE"})
		}
	}
	return map[string]any{"DelegatedAdministrators": list}, nil
}

func (w *World) listPolicies(c call) (any, error) {
	var in struct{ Filter string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	list := []any{}
	if name := w.org.Policies[in.Filter]; name != "" {
		list = append(list, map[string]any{"Id": "p-lab", "Name": name, "Type": in.Filter})
	}
	return map[string]any{"Policies": list}, nil
}

// Decide has a policy of AWS Organizations switch a service on.
func (w *World) Decide(kind, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.org.Policies[kind] = name
}

// Call gives an account a name.
func (w *World) Call(account, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.org.Names[account] = name
}

// Suspend closes an account, as AWS does.
func (w *World) Suspend(account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.org.Suspended[account] = true
}

// Trust lets a service act in the organization.
func (w *World) Trust(principal string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.org.Trusted[principal] = true
}
