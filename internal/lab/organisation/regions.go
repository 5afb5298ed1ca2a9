package organisation

import (
	"net/http"
	"strings"
)

// regions is EC2's list of Regions: the lab's own.
func (w *World) regions() map[string]operation {
	return map[string]operation{"DescribeRegions": func(c call) (any, error) {
		if text := string(c.body); strings.Contains(text, "Filter.") || strings.Contains(text, "RegionName.") {
			return nil, refuse(http.StatusBadRequest, "InvalidParameterValue", "the lab lists its Regions without a filter only")
		}
		var text strings.Builder
		text.WriteString(`<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo>`)
		for _, region := range w.options.Regions {
			text.WriteString("<item><regionName>" + region + "</regionName><regionEndpoint>ec2." + region +
				".amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>")
		}
		text.WriteString("</regionInfo></DescribeRegionsResponse>")
		return xmlText(text.String()), nil
	}}
}

// accountPaths is the list of Regions of the Account Management API.
func (w *World) accountPaths() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "POST /listRegions", func(call) (any, error) {
		list := []any{}
		for _, region := range w.options.Regions {
			list = append(list, map[string]any{"RegionName": region, "RegionOptStatus": "ENABLED_BY_DEFAULT"})
		}
		return map[string]any{"Regions": list}, nil
	})
	return mux
}
