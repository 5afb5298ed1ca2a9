package organisation

import (
	"net/http"
	"slices"
	"strings"
)

func securityHubWords() dialect {
	return dialect{
		denied:   "InvalidAccessException",
		conflict: "ResourceConflictException",
		invalid:  "InvalidInputException",
	}
}

// securityHub are the operations of Security Hub for an organization. Whether it is on in an account the lab's own
// knows.
func (w *World) securityHub() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "GET /organization/admin", w.hubAdmins)
	w.route(mux, "POST /organization/admin/enable", func(c call) (any, error) { return w.hubAdmin(c, true) })
	w.route(mux, "POST /organization/admin/disable", func(c call) (any, error) { return w.hubAdmin(c, false) })
	w.route(mux, "GET /organization/configuration", w.hubConfiguration)
	w.route(mux, "POST /organization/configuration", w.hubConfigure)
	w.route(mux, "GET /automationrules/list",
		w.hubOn(w.held("securityhub", "automation rule", "AutomationRulesMetadata", "RuleName")))
	w.route(mux, "GET /members", w.hubMembers)
	w.route(mux, "POST /members", w.hubEnrol)
	w.route(mux, "POST /members/get", w.hubSomeMembers)
	w.route(mux, "POST /members/invite", w.hubInvite)
	w.route(mux, "GET /invitations", w.hubOn(func(c call) (any, error) {
		return map[string]any{"Invitations": w.invited("securityhub", c, "AccountId", "InvitationId")}, nil
	}))
	w.route(mux, "POST /administrator", w.hubOn(w.hubAccept))
	w.route(mux, "POST /standards/get", w.hubOn(w.standardsOf))
	w.route(mux, "POST /standards/register", w.hubOn(w.subscribe))
	w.route(mux, "GET /findingAggregator/list", w.hubOn(w.aggregators))
	w.route(mux, "POST /findingAggregator/create", w.hubOn(w.aggregate))
	w.route(mux, "GET /findingAggregator/get/{arn...}", w.hubOn(w.aggregator))
	w.route(mux, "PATCH /findingAggregator/update", w.hubOn(w.aggregate))
	w.route(mux, "GET /configurationPolicy/list", w.central(w.policies))
	w.route(mux, "POST /configurationPolicy/create", w.central(w.createPolicy))
	w.route(mux, "GET /configurationPolicy/get/{id}", w.central(w.policy))
	w.route(mux, "PATCH /configurationPolicy/{id}", w.central(w.updatePolicy))
	w.route(mux, "POST /configurationPolicyAssociation/get", w.central(w.association))
	w.route(mux, "POST /configurationPolicyAssociation/associate", w.central(w.associate))
	w.route(mux, "POST /configurationPolicyAssociation/disassociate", w.central(w.disassociate))
	w.route(mux, "POST /configurationPolicyAssociation/list", w.central(w.associations))
	return mux
}

// hubOn is open for accounts that have Security Hub on.
func (w *World) hubOn(do operation) operation {
	return func(c call) (any, error) {
		if !w.options.Hub.Enabled(c.region, c.account) {
			return nil, refuse(http.StatusUnauthorized, "InvalidAccessException",
				"Account %s is not subscribed to AWS Security Hub", c.account)
		}
		return do(c)
	}
}

func (w *World) hubAdmins(c call) (any, error) {
	if err := w.asked(securityHubWords(), c); err != nil {
		return nil, err
	}
	list := []any{}
	if p := w.in("securityhub", c.region); p.Administrator != "" {
		list = append(list, map[string]any{"AccountId": p.Administrator, "Status": "ENABLED"})
	}
	return map[string]any{"AdminAccounts": list, "Feature": "SecurityHub"}, nil
}

func (w *World) hubAdmin(c call, on bool) (any, error) {
	var in struct {
		Account string `json:"AdminAccountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if !on {
		return struct{}{}, w.dismiss("securityhub", securityHubWords(), c, in.Account)
	}
	if err := w.name("securityhub", hubPrincipal, securityHubWords(), c, in.Account); err != nil {
		return nil, err
	}
	w.options.Hub.Enable(c.region, in.Account)
	return map[string]any{"AdminAccountId": in.Account, "Feature": "SecurityHub"}, nil
}

// isCentral tells whether Security Hub is configured from the Region where findings come together.
func (p *place) isCentral() bool { return p.Set["type"] == "CENTRAL" }

func (w *World) hubConfiguration(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	kind, status := "LOCAL", "ENABLED"
	if p.isCentral() {
		kind = "CENTRAL"
		if p.Set["pending"] == true {
			status = "PENDING"
			delete(p.Set, "pending")
		}
	}
	auto, standards := p.Set["auto"] == true, "DEFAULT"
	if text, set := p.Set["autoStandards"].(string); set {
		standards = text
	}
	return map[string]any{
		"AutoEnable": auto, "AutoEnableStandards": standards, "MemberAccountLimitReached": false,
		"OrganizationConfiguration": map[string]any{"ConfigurationType": kind, "Status": status},
	}, nil
}

func (w *World) hubConfigure(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		AutoEnable                bool
		AutoEnableStandards       string
		OrganizationConfiguration struct{ ConfigurationType string }
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	words := securityHubWords()
	switch kind := in.OrganizationConfiguration.ConfigurationType; {
	case kind == "CENTRAL" && p.Set["aggregator"] == nil:
		return nil, words.no(words.invalid, "Central configuration needs a finding aggregator in this Region")
	case kind == "CENTRAL" && in.AutoEnable:
		return nil, words.no(words.invalid, "AutoEnable must be false with central configuration")
	case kind == "CENTRAL" && !p.isCentral():
		p.Set["type"], p.Set["pending"] = kind, true
		w.link(c.region, c.account)
	}
	p.Set["auto"], p.Set["autoStandards"] = in.AutoEnable, in.AutoEnableStandards
	return struct{}{}, nil
}

// link names the administrator in the other Regions, as Security Hub does once it is configured centrally.
func (w *World) link(home, administrator string) {
	for _, region := range w.options.Regions {
		if region == home {
			continue
		}
		w.in("securityhub", region).Administrator = administrator
		w.options.Hub.Enable(region, administrator)
	}
}

func (w *World) hubMembers(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	page, next := pageOf(p.Members, c.query.Get("NextToken"))
	list := []any{}
	for _, account := range page {
		list = append(list, map[string]any{
			"AccountId": account, "MemberStatus": p.Members[account], "AdministratorId": c.account,
			"Email": account + "@example.org",
		})
	}
	out := map[string]any{"Members": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (w *World) hubSomeMembers(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct{ AccountIDs []string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	members, unknown := []any{}, []any{}
	for _, account := range in.AccountIDs {
		if p.Members[account] == "" {
			unknown = append(unknown, map[string]any{"AccountId": account, "ProcessingResult": "no member"})
			continue
		}
		members = append(members, map[string]any{
			"AccountId": account, "MemberStatus": p.Members[account], "AdministratorId": c.account,
		})
	}
	return map[string]any{"Members": members, "UnprocessedAccounts": unknown}, nil
}

func (w *World) hubEnrol(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		AccountDetails []struct{ AccountID, Email string }
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	words := securityHubWords()
	if len(in.AccountDetails) > 50 {
		return nil, words.no(words.invalid, "AccountDetails has more than 50 entries")
	}
	rejected := []any{}
	for _, d := range in.AccountDetails {
		switch {
		case w.org.Suspended[d.AccountID]:
			rejected = append(rejected, map[string]any{"AccountId": d.AccountID, "ProcessingResult": "it is suspended"})
		case !w.has(d.AccountID) && d.Email != "":
			p.named(d.AccountID)
		case !w.has(d.AccountID):
			rejected = append(
				rejected,
				map[string]any{"AccountId": d.AccountID, "ProcessingResult": "no account of the organization"},
			)
		case d.AccountID == w.options.Management && !w.options.Hub.Enabled(c.region, d.AccountID):
			rejected = append(rejected, map[string]any{
				"AccountId": d.AccountID, "ProcessingResult": "the management account must first enable Security Hub",
			})
		default:
			w.join(p, c.region, d.AccountID)
		}
	}
	return map[string]any{"UnprocessedAccounts": rejected}, nil
}

func (w *World) join(p *place, region, account string) {
	p.Members[account] = "Enabled"
	w.options.Hub.Enable(region, account)
}

func (w *World) standardsOf(c call) (any, error) {
	list := []any{}
	for arn, on := range w.in("securityhub", c.region).On[c.account] {
		if on {
			list = append(list, map[string]any{
				"StandardsArn": arn, "StandardsSubscriptionArn": subscription(c, arn), "StandardsStatus": "READY",
				"StandardsInput": map[string]string{},
			})
		}
	}
	return map[string]any{"StandardsSubscriptions": list}, nil
}

func subscription(c call, arn string) string {
	_, slug, _ := strings.Cut(arn, "/")
	return strings.Join(
		[]string{"arn", strings.Split(arn, ":")[1], "securityhub", c.region, c.account, "subscription/" + slug},
		":",
	)
}

func (w *World) subscribe(c call) (any, error) {
	var in struct {
		StandardsSubscriptionRequests []struct{ StandardsArn string }
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("securityhub", c.region)
	if p.On[c.account] == nil {
		p.On[c.account] = map[string]bool{}
	}
	for _, r := range in.StandardsSubscriptionRequests {
		if !strings.HasPrefix(r.StandardsArn, "arn:"+w.partition()+":securityhub:") {
			words := securityHubWords()
			return nil, words.no(words.invalid, "Invalid parameter: %s", r.StandardsArn)
		}
		p.On[c.account][r.StandardsArn] = true
	}
	return w.standardsOf(c)
}

func (w *World) aggregators(c call) (any, error) {
	list := []any{}
	for _, region := range w.options.Regions {
		if w.in("securityhub", region).Set["aggregator"] != nil {
			list = append(list, map[string]any{"FindingAggregatorArn": w.aggregatorARN(region, c.account)})
		}
	}
	return map[string]any{"FindingAggregators": list}, nil
}

func (w *World) aggregatorARN(region, account string) string {
	return "arn:" + w.partition() + ":securityhub:" + region + ":" + account + ":finding-aggregator/lab"
}

func (w *World) aggregator(c call) (any, error) {
	for _, region := range w.options.Regions {
		if set, there := w.in("securityhub", region).Set["aggregator"].(map[string]any); there {
			return set, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "no such aggregator")
}

// aggregate makes an aggregator, of which there is one, or changes it.
func (w *World) aggregate(c call) (any, error) {
	var in struct {
		FindingAggregatorArn, RegionLinkingMode string
		Regions                                 []string
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	words := securityHubWords()
	for _, region := range w.options.Regions {
		if w.in("securityhub", region).Set["aggregator"] != nil && (region != c.region || in.FindingAggregatorArn == "") {
			return nil, words.no(words.invalid, "a finding aggregator exists already")
		}
	}
	if in.RegionLinkingMode == "SPECIFIED_REGIONS" && (len(in.Regions) == 0 || slices.Contains(in.Regions, c.region)) {
		return nil, words.no(words.invalid, "Regions: name other Regions than this one")
	}
	set := map[string]any{
		"FindingAggregatorArn": w.aggregatorARN(c.region, c.account), "FindingAggregationRegion": c.region,
		"RegionLinkingMode": in.RegionLinkingMode, "Regions": in.Regions,
	}
	w.in("securityhub", c.region).Set["aggregator"] = set
	return set, nil
}
