from conftest import *
def test_x(visit, extracted):
    v=visit(extracted)
    g=v.tab.get("bidi_component"); print(g); print(str(g[0].proto)[:1500])
    v.press("Edit labels"); print(v.tab)
    v.open("extract")
    print(v.tab)
    print(v.tab.get("code"))
    for im in v.tab.get("imgs"): print(str(im.proto)[:300])
    v.open("map"); print(v.tab)
    ch=v.tab.get("plotly_chart"); print([ (c.key,c.proto.spec[:200]) for c in ch])
    v.open("heatmaps"); print(v.tab)
    print([ (type(i).__name__, str(i.proto)[:200]) for i in nodes(v.tab._tree) if 'mage' in type(i).__name__])
