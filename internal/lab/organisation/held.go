package organisation

import "strings"

// Hold has an account have something of a service that works on members, by its kind: a conformance pack of the
// organization, an automation rule. What is in it the lab does not keep.
func (w *World) Hold(service, region, account, kind, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in(service, region).Set["held "+account+" "+kind+" "+name] = true
}

// held answers a list of those: as the service's own list and its fields, or as names alone where it has none.
func (w *World) held(service, kind, list string, fields ...string) operation {
	return func(c call) (any, error) {
		names := map[string]string{}
		for key := range w.in(service, c.region).Set {
			if name, is := strings.CutPrefix(key, "held "+c.account+" "+kind+" "); is {
				names[name] = key
			}
		}
		token := c.query.Get("nextToken")
		if token == "" {
			var in struct{ NextToken string }
			_ = c.read(&in) // of a request without a body there is none
			token = in.NextToken
		}
		page, next := pageOf(names, token)
		all := []any{}
		for _, name := range page {
			if len(fields) == 0 {
				all = append(all, name)
				continue
			}
			one := map[string]any{}
			for _, field := range fields {
				one[field] = name
			}
			all = append(all, one)
		}
		out := map[string]any{list: all}
		if next != "" {
			out["nextToken"], out["NextToken"] = next, next
		}
		return out, nil
	}
}
