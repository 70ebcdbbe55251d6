version     = "1.0.0"
site_title  = "Baked with kiln"
admin_token = "not-a-real-token"
