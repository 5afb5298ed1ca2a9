package organisation

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

const analyzerPrincipal = "access-analyzer.amazonaws.com"

// accessAnalyzer are the operations of IAM Access Analyzer that list, make and delete analyzers of the organization.
func (w *World) accessAnalyzer() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "GET /analyzer", w.listAnalyzers)
	w.route(mux, "PUT /analyzer", w.createAnalyzer)
	w.route(mux, "DELETE /analyzer/{name}", w.deleteAnalyzer)
	return mux
}

// registered is the place of a service whose administrator AWS Organizations registers: the service hears of it after a
// while.
func (w *World) registered(service, principal string, c call) (*place, bool) {
	p := w.in(service, c.region)
	switch {
	case c.account == w.options.Management:
		return p, w.org.Trusted[principal]
	case !slices.Contains(w.org.Delegated[c.account], principal) || !w.org.Trusted[principal]:
		return p, false
	case p.Administrator != c.account:
		p.Administrator, p.Refusals = c.account, w.options.Lag
	}
	if p.Refusals > 0 {
		p.Refusals--
		return p, false
	}
	return p, true
}

// kinds are the types of the analyzers of a place, by name.
func (p *place) kinds() map[string]string {
	kinds := map[string]string{}
	for key, kind := range p.Set {
		if name, is := strings.CutPrefix(key, "analyzer "); is {
			kinds[name], _ = kind.(string)
		}
	}
	return kinds
}

// listAnalyzers shows those of the organization to its administrator. One that is being made is made when somebody
// looks again.
func (w *World) listAnalyzers(c call) (any, error) {
	p := w.in("access-analyzer", c.region)
	kinds := map[string]string{}
	if p.Set["owner"] == c.account {
		kinds = p.kinds()
	}
	page, next := pageOf(kinds, c.query.Get("nextToken"))
	list := []any{}
	for _, name := range page {
		kind, status := strings.CutSuffix(kinds[name], " CREATING")
		if asked := c.query.Get("type"); asked != "" && asked != kind {
			continue
		}
		a := map[string]any{
			"name": name, "type": kind, "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z",
			"arn": "arn:" + w.partition() + ":access-analyzer:" + c.region + ":" + c.account + ":analyzer/" + name,
		}
		if status {
			a["status"] = "CREATING"
			p.Set["analyzer "+name] = kind
		}
		list = append(list, a)
	}
	out := map[string]any{"analyzers": list}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

func (w *World) createAnalyzer(c call) (any, error) {
	var in struct {
		Name          string         `json:"analyzerName"`
		Kind          string         `json:"type"`
		Configuration map[string]any `json:"configuration"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p, let := w.registered("access-analyzer", analyzerPrincipal, c)
	alone := !strings.HasPrefix(in.Kind, "ORGANIZATION")
	switch {
	case !alone && !w.org.Trusted[analyzerPrincipal]:
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Service not enabled for AWS Organizations")
	case !alone && !let:
		return nil, refuse(http.StatusForbidden, "AccessDeniedException", "Account %s is not a delegated administrator",
			c.account)
	case p.kinds()[in.Name] != "":
		return nil, refuse(http.StatusConflict, "ConflictException", "The analyzer %s already exists.", in.Name)
	case slices.Contains(slices.Collect(maps.Values(p.kinds())), in.Kind):
		return nil, refuse(http.StatusPaymentRequired, "ServiceQuotaExceededException", "There is one of this type already.")
	}
	p.Set["owner"], p.Set["analyzer "+in.Name] = c.account, in.Kind+" CREATING"
	return map[string]any{
		"arn": "arn:" + w.partition() + ":access-analyzer:" + c.region + ":" + c.account + ":analyzer/" + in.Name,
	}, nil
}

func (w *World) deleteAnalyzer(c call) (any, error) {
	p := w.in("access-analyzer", c.region)
	if p.Set["owner"] != c.account || p.kinds()[c.path("name")] == "" {
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "The analyzer does not exist.")
	}
	delete(p.Set, "analyzer "+c.path("name"))
	return struct{}{}, nil
}
